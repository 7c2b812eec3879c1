"""Faults of networks, servers, disks and clocks, and what holds after each of them."""
