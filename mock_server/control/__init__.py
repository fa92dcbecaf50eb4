"""The control plane: what a test does to the mock's world, and sees of it.

One class for each part, one function for each operationId of `openapi/control.yaml`, named as it is. Everything belongs
to the tenant of the call's key.
"""
