"""What every image shares: SageMaker contract, progress, failures, snapshots, images, metrics, reports."""
