"""Collects samples that have something in common that people should know."""

from openbml_formats.listings import ListedSample
from openbml_formats.quality import LISTED_SAMPLES, Finding, FindingSeverity, SampleRef


def ref(sample: ListedSample) -> SampleRef:
    return SampleRef(sample_id=sample.sample_id, name=sample.name[:200])


class Noted:
    """Samples with one sort of fault: counted, the first ones by name."""

    def __init__(self) -> None:
        self.count = 0
        self._samples: list[SampleRef] = []

    def add(self, sample: ListedSample) -> None:
        self.count += 1
        if len(self._samples) < LISTED_SAMPLES:
            self._samples.append(ref(sample))

    def finding(
        self,
        severity: FindingSeverity,
        code: str,
        message: str,
        *,
        advice: str = "",
        operator: str | None = None,
    ) -> list[Finding]:
        """Return the finding, nothing without such samples; `{count}` in the message is filled."""
        if not self.count:
            return []
        return [
            Finding(
                severity=severity,
                code=code,
                message=message.format(count=self.count),
                advice=advice,
                operator=operator,
                count=self.count,
                samples=self._samples,
            )
        ]
