"""The vision tasks of the one engine: what differs between them, one package each.

`VISION_TASKS` names the module of a task code of the catalogue; it has `task(job) -> VisionTask`.
"""
