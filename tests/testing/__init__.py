"""The servers in this process behave as real ones do."""
