"""What a client does about errors of the prediction API (docs/reference/prediction.md)."""

TOKEN_ERRORS = frozenset({110, 111})
BACK_OFF_ERRORS = frozenset({1, 2, 4, 13, 18, 336000})
WAIT_ERRORS = frozenset({336100})
