"""Functions as people type them, whose formatting and comments an edit leaves alone."""

TYPED = {
    "plain": """
def f(a, b, c):
    x = a * b + c  # a comment
    y = -x**2 / (a - b) - c
    return x, y[0], not a
""",
    "brackets and lines": """
def f(a, b, c):
    x = ((a) *
         (b + c)  # the second
         - np.sum( a,
                   axis = 0 ))
    y = (x)
    return ( x
             if b > c
             else y )
""",
    "several on a line": """
def f(a, b, c):
    x = a*b; y = x+c; z = -y
    if a: x = b ;   y = c
    for i in range(3): x += i
    return x @ y.T , z
""",
    "tabs": """
def f(a, b, c):
\tfor i in range(len(a)):
\t\tx = a[i]*b [ i ] # tab
\t\tc [i] += x
\treturn c
""",
    "other letters": """
def f(a, b, c):
    é = a * b ; η = "ü" ; x = é + c  # naïve
    return {'ä': x, "b": é**b}
""",
    "nested": """
class A:
    def f(self, a, b, c):
        h = lambda u: u * 2  if u else a
        g = [ v*a for v in b if v > c ]
        return self.w [ 1: , a ] ** c, f(*g, key = h(b))
""",
}
