"""*Fine-tune and hand over*: what given weights buy, and what silent mistakes cost."""
