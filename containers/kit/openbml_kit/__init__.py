"""What every image shares: the SageMaker contract, progress lines, failures, snapshots, images, metrics, reports."""
