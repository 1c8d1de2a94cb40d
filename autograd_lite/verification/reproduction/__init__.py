"""What an issue needs: a call of `verify` as a script that runs alone, the versions that it ran with, and its report.

Reading order: `arrays` writes an array as code, `definitions` finds the code that functions and classes are made of,
`script` puts both together, and `question` is the call, with its answer, in Markdown.
"""
