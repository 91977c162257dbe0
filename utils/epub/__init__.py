"""The book as one file for an e-reader, made of its built pages.

Answers "can it be read elsewhere, without a browser and without a network?". The built pages come
in; one EPUB file goes out. A page is taken as the site shows it: its HTML becomes XHTML, what can
only be operated is left out, and answers move to the end of their chapter.
"""
