"""The log as JSON, one object a line, in the form that Powertools gives it.

Lines go to one stream and to no logger of Python's: turning on our ``DEBUG`` must not
turn on that of boto3, which tells headers, signatures and secrets.
"""

from __future__ import annotations

import logging
from typing import TextIO

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

Field = str | int | float | None


class LogLines:
    """Writes lines. May be used by many threads at once; never raises.

    In Lambda every line carries the id of the trace that X-Ray keeps of the invocation.
    """

    def __init__(self, stream: TextIO, level: str = "INFO") -> None:
        """Write what is at least as grave as ``level``, a name of Python's."""
        self._level = logging.getLevelNamesMapping()[level]
        self._formatter = LambdaPowertoolsFormatter(
            utc=True,
            use_rfc3339=True,
            # A sentence stays one, even if it looks like JSON.
            json_deserializer=str,
            serialize_stacktrace=False,
            location=None,
        )
        self._handler = logging.StreamHandler(stream)
        self._handler.setFormatter(self._formatter)

    def bind(self, *, run_id: str | None = None, shard: int | None = None) -> None:
        """Put these on every later line, in place of what was put there before."""
        self._formatter.append_keys(run_id=run_id, shard=shard)

    def debug(self, sentence: str, **fields: Field) -> None:
        """Tell what only who looks for a fault wants to know."""
        self._write(logging.DEBUG, sentence, fields)

    def info(self, sentence: str, **fields: Field) -> None:
        """Tell what is worth knowing."""
        self._write(logging.INFO, sentence, fields)

    def warning(self, sentence: str, **fields: Field) -> None:
        """Tell what went wrong, and did not end the run."""
        self._write(logging.WARNING, sentence, fields)

    def error(
        self, sentence: str, error: BaseException | None = None, **fields: Field
    ) -> None:
        """Tell what ended the run, or a part of it.

        Args:
            error: A fault of the program, told with where it happened.
        """
        self._write(logging.ERROR, sentence, fields, error)

    def _write(
        self,
        level: int,
        sentence: str,
        fields: dict[str, Field],
        error: BaseException | None = None,
    ) -> None:
        if level < self._level:
            return
        record = logging.makeLogRecord(
            {
                **fields,
                "msg": sentence,
                "levelno": level,
                "levelname": logging.getLevelName(level),
                "exc_info": error and (type(error), error, error.__traceback__),
            }
        )
        self._handler.handle(record)
