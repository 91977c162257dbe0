"""What readers answer: questions, cards, exercises and broken networks.

Answers "has it been understood?". The bank in ``book/data/questions`` comes in; forms for the page
and the notebook, their judging, and a deck of cards go out.
"""
