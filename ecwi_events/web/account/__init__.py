"""Signing in, and the pages about oneself."""

from __future__ import annotations

from ecwi_events.web.account import (
    closing,
    devices,
    factors,
    me,
    second_factor,
    signing_in,
)

PAGES = (closing, devices, factors, me, second_factor, signing_in)
