"""Mail in files: what is read from archives of other programs, and what is written for them."""
