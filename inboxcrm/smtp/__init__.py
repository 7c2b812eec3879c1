"""Handing mail to a submission server over SMTP."""
