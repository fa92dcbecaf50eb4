"""A conformance suite for `POST /api/v1/payment/sessions/{session_id}/cancel`: any implementation, one verdict.

outcomes   the vocabulary: what can be said of a requirement, and the exceptions that say it
target     what is judged, and with which keys
client     HTTP to the target; every exchange is kept as evidence
providers  put the target into a state
stage      sessions in a wanted state, their preconditions read back
receiver   the webhook endpoint, and what arrived there
verify     the rules of judgement; each raises `Breach`
scenarios  one requirement of `openapi/requirements.yaml`, one test function
plugin     runs the scenarios under pytest and turns what they raise into findings
races      several cancels at once, and what may come of them
verdict    findings to verdict and exit code
report     the verdict for people and machines
run        one run, from preflight to findings
flags      the command line
"""
