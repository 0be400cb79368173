"""Adapters: each knows one migration tool."""

from __future__ import annotations

from forensics.adapters.base import Adapter
from forensics.adapters.drizzle import Drizzle
from forensics.adapters.prisma import Prisma
from forensics.adapters.supabase import Supabase

ADAPTERS: tuple[Adapter, ...] = (Drizzle(), Prisma(), Supabase())
