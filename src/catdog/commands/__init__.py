"""The commands of `catdog`: a module for each, with two functions.

One adds the command's parser; the other runs it, and imports what it needs: only
some commands need TensorFlow.
"""
