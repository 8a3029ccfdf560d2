"""Models of other frameworks behind the manual's contracts (spec 08 section 8): the images `custom-*`.

`loading.load_framework(folder)` sets a model up in this process, `workers.framework_workers(folder)` in
others, which is how users' code is run.
"""
