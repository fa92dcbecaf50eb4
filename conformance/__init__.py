"""A conformance suite for `POST /api/v1/payment/sessions/{session_id}/cancel`: any implementation, one verdict.

From shell to core; imports point down this list, never up, and a test holds them to it:

    __main__        the commands
    inputs          what flags and environment amount to, checked
    flags           the command line and its help
    progress        what a run is doing
    report          the verdict for people and machines
    run             one run, from preflight to findings
    scenarios       one requirement of `openapi/requirements.yaml`, one test function
    plugin          runs the scenarios under pytest and turns what they raise into findings
    applicability   what can be exercised here
    baseline        accepted failures
    verdict         findings to verdict and exit code
    model           sequences of calls against an oracle
    races           several cancels at once, and what may come of them
    generated       cancels made up from the contract
    documented      a 200 against the contract's schema
    stage           sessions in a wanted state, their preconditions read back
    verify          the rules of judgement; each raises `Breach`
    webhooks        what the deliveries amount to
    events          what one delivery says
    check_provider  whether a provider keeps the protocol
    receiver        the webhook endpoint, and what arrived there
    client          HTTP to the target; every exchange is kept as evidence
    near_misses     keys and ids that are almost right
    providers       put the target into a state
    masking         secrets, and how they are kept out of reports
    secrecy         what of a creation URL is secret, and where it shows again
    outcomes        the vocabulary: what can be said of a requirement, and the exceptions that say it
    connections     one request over a pool of connections
    exchange        a request and its answer; the ledger of all that a run has done
    target          what is judged, and with which keys
"""
