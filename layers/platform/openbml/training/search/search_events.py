"""Events of searches (contracts, section 6)."""

from collections.abc import Sequence
from typing import ClassVar

from openbml.core.events import Event
from openbml.training.events import SOURCE
from openbml.training.search.read_searches import SearchView, TrialView
from openbml.training.search.searches import Search
from openbml.training.search.trials import Trial


class SearchProgressed(Event):
    """A search or trials of it changed; the same may come again. `search` and `trials` are the API's."""

    source: ClassVar[str] = SOURCE

    search_id: int
    run_id: int
    experiment_id: int
    search: SearchView
    trials: Sequence[TrialView]

    @classmethod
    def of(cls, search: Search, trials: Sequence[Trial] = ()) -> "SearchProgressed":
        return cls(
            scope=search.scope,
            search_id=search.search_id,
            run_id=search.run_id,
            experiment_id=search.experiment_id,
            search=SearchView.of(search),
            trials=[TrialView.of(trial) for trial in trials],
        )
