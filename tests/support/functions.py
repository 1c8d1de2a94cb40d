"""Functions of every kind, as source: each has a 2 that an edit makes a 3, and `call` runs it."""

FUNCTIONS = {  # source, what `call` gives before and after
    "function": (
        """
def f(x):
    return 2 * x


def call():
    return f(5)
""",
        10,
        15,
    ),
    "lambda": (
        """
f = lambda x: 2 * x
call = lambda: f(5)
""",
        10,
        15,
    ),
    "two lambdas on a line": (
        """
f, g = lambda x: 2 * x, lambda x: x + 1
call = lambda: f(g(4))
""",
        10,
        15,
    ),
    "lambda over lines": (
        """
f = (lambda x:
     2 * x)


def call():
    return f(5)
""",
        10,
        15,
    ),
    "lambda in a dict": (
        """
table = {'f': lambda x: 2 * x}


def call():
    return table['f'](5)
""",
        10,
        15,
    ),
    "defaults": (
        """
def f(x, n=5, *, m=0):
    return 2 * x * n + m


def call():
    return f(1)
""",
        10,
        15,
    ),
    "any arguments": (
        """
def f(*args, **options):
    return 2 * args[0] * options['n']


def call():
    return f(1, n=5)
""",
        10,
        15,
    ),
    "method": (
        """
class A:
    def __init__(self):
        self.n = 5

    def f(self):
        return 2 * self.n


a = A()


def call():
    return a.f()
""",
        10,
        15,
    ),
    "private name": (
        """
class A:
    def __init__(self):
        self.__n = 5

    def __f(self):
        return 2 * self.__n

    def f(self):
        return self.__f()


def call():
    return A().f()
""",
        10,
        15,
    ),
    "super()": (
        """
class A:
    def f(self):
        return 5


class B(A):
    def f(self):
        return 2 * super().f()


def call():
    return B().f()
""",
        10,
        15,
    ),
    "inherited": (
        """
class A:
    def f(self):
        return 2 * 5


class B(A):
    pass


def call():
    return B().f()
""",
        10,
        15,
    ),
    "class method": (
        """
class A:
    @classmethod
    def f(cls):
        return 2 * 5


def call():
    return A.f()
""",
        10,
        15,
    ),
    "static method": (
        """
class A:
    @staticmethod
    def f(x):
        return 2 * x


def call():
    return A().f(5)
""",
        10,
        15,
    ),
    "property": (
        """
class A:
    @property
    def f(self):
        return 2 * 5


def call():
    return A().f
""",
        10,
        15,
    ),
    "object that is called": (
        """
class A:
    def __call__(self, x):
        return 2 * x


a = A()


def call():
    return a(5)
""",
        10,
        15,
    ),
    "free variable": (
        """
def make(n):
    def f(x):
        return 2 * x + n
    return f


f = make(1)


def call():
    return f(5)
""",
        11,
        16,
    ),
    "free variable that is set": (
        """
def make():
    count = 0

    def f(x):
        nonlocal count
        count += 1
        return 2 * x
    return f


f = make()


def call():
    return f(5)
""",
        10,
        15,
    ),
    "function in a function": (
        """
def f(x):
    def inner(y):
        return 2 * y
    return inner(x)


def call():
    return f(5)
""",
        10,
        15,
    ),
    "class in a function": (
        """
def make():
    class A:
        def f(self):
            return 2 * 5
    return A()


a = make()


def call():
    return a.f()
""",
        10,
        15,
    ),
    "decorated": (
        """
import functools


def doubled(function):
    @functools.wraps(function)
    def call(*args):
        return function(*args) + function(*args)
    return call


@doubled
def f(x):
    return 2 * x


def call():
    return f(5)
""",
        20,
        30,
    ),
    "partial": (
        """
import functools


def f(n, x):
    return 2 * n * x


g = functools.partial(f, 1)


def call():
    return g(5)
""",
        10,
        15,
    ),
    "recursion": (
        """
def f(n):
    return 2 * f(n - 1) if n > 0 else 1


def call():
    return f(4)
""",
        16,
        81,
    ),
    "generator": (
        """
def f(n):
    for i in range(n):
        yield 2 * i


def call():
    return sum(f(5))
""",
        20,
        30,
    ),
    "coroutine": (
        """
async def f(x):
    return 2 * x


def call():
    try:
        f(5).send(None)
    except StopIteration as end:
        return end.value
""",
        10,
        15,
    ),
    "statement over lines": (
        """
def f(x):
    y = (x +
         2 *
         x)
    return y


def call():
    return f(5)
""",
        15,
        20,
    ),
    "comprehension": (
        """
def f(x):
    return sum(2 * x for _ in 'abc')


def call():
    return f(5)
""",
        30,
        45,
    ),
    "two statements on a line": (
        """
def f(x):
    y = 2 * x; z = y
    return z


def call():
    return f(5)
""",
        10,
        15,
    ),
    "tabs": ("def f(x):\n\tif x:\n\t\treturn 2 * x\n\n\ndef call():\n\treturn f(5)", 10, 15),
}
