"""What this computer has: devices, and the packages that it installs.

Answers "where can we compute, and why did the installation stop?". A name comes in; a device, or a
sentence about what is missing, goes out.
"""
