"""Local stand-ins for the apps: real HTTP on loopback, state of their own, faults on request."""
