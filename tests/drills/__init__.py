"""Drills: what is broken on purpose, and the proof that nothing was lost, doubled or wrongly promoted.

Here: kill -9 of real processes at random moments (`make drill`, a few of them in the suite). Elsewhere, each beside what
it breaks:

- kill -9 at every write of a gate, at every step of a call: `transitions/test_killed.py`, `transcripts/test_killed.py`
- a worker and its runs killed, two workers, restarts: `operations/test_two_workers.py`, `transitions/test_real_worker.py`
- processes that went silent, late runs: `operations/test_janitor.py`, `operations/test_stuck_runs.py`
- the database gone and back: `transitions/test_restarts.py`, `transcripts/test_killed.py`
- a full disk, and room again: `deployments/test_command_run.py`; a file that cannot grow: `records/test_database.py`;
  writes that find no room: `transitions/test_trials.py`, `transcripts/test_score_flow.py`
- Baserow's 409, 429 and 500 storms, answers lost after storing: `crm/test_baserow_errors.py`,
  `crm/test_baserow_faults.py`, and mixed at random `drills/test_storms.py`
- the graph down or refusing: `transcripts/test_sync.py`, `transcripts/test_killed.py`
- models that hang, drip, close in the middle, answer something else, answer without end: `answering/test_error_table.py`
- the clock set back, daylight saving, two watches: `drills/test_clock.py`
- two gates and two approvals at once: `transitions/test_at_once.py`
"""
