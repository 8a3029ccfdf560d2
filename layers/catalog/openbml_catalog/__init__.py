"""The catalogue: networks, machine types, prices, error codes, permissions, tasks - data with typed loaders.

Read by functions, containers, the console's build and the documentation. One place per fact.
"""
