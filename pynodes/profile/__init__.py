"""Profiles of a render: from the samples that hosts send to tables, flame graphs and speedscope."""
