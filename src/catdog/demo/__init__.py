"""The trained model in a page: it answers there for a reader's own photograph.

`build` puts together what the browser runs, `form` is what a chapter shows. The
rest happens in `assets/demo/`, in JavaScript.
"""

from catdog.demo.markup import form

__all__ = ["form"]
