"""A stateful mock of 1099Policy's payment sessions, served by connexion from the contract in `openapi/`.

From shell to core; imports point down this list, never up:

    __main__   flags to `Settings`, commands         server     uvicorn, the socket, the first lines, draining
    app        assembles all of it with connexion    hosted_page  the page behind `url`
    control/   the control plane, part by part       handlers   one function for each operationId of the contract
    layers     what connexion calls for each routed operation: key, body, function, validated answer
    inputs     query and body, bounded, checked      errors     one class for each code, one renderer
    advance    moves a clock, runs what falls due    expiry     flips overdue sessions
    delivery   the outbox relay: what is due, retries    posting    one POST      targets    where it may go
    creation   makes sessions, rules of return_url   security   key to tenant, who may control
    tenants    a world for each key                  log        one line for each request
    store      one transaction for each change       outbox     events and deliveries     database   SQLite
    answers    the contract's check of every answer  quirks     hostility that the contract permits
    journal    every request                         webhooks   event body and signature
    sessions   the domain: transitions, pure         clock      real, offset, frozen      settings   flags, environment
"""
