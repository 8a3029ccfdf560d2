"""Jobs and hostings: the only gateway to SageMaker. It knows machines, images and states, no domain words."""
