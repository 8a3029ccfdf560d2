"""The local SageMaker engine: the SageMaker wire protocol, run as processes of this machine."""
