"""A stateful mock of 1099Policy's payment sessions, served by connexion from the contract in `openapi/`.

From shell to core; imports point down this list, never up, and a test holds them to it:

    __main__     flags to `Settings`, the commands
    server       uvicorn: the socket, the first lines, draining
    app          assembles all that follows with connexion
    control      the control plane, part by part
    hosted_page  the page behind `url`
    handlers     one function for each operationId of the contract
    creation     makes sessions: rules of `return_url`, ids, tokens
    layers       what connexion calls for each routed operation: key, body, function, validated answer
    inputs       query and body, bounded and checked
    advance      moves a clock and runs what falls due
    expiry       flips overdue sessions
    delivery     the outbox relay: what is due, retries
    posting      one POST of a webhook
    targets      where webhooks may go
    security     key to tenant, and who may control
    errors       one class for each code, one renderer
    lean_connexion  what of connexion is used
    log          one line for each request
    tenants      a world for each key
    store        one transaction for each change
    outbox       events and deliveries
    database     SQLite: schema, opening, transactions
    answers      the contract's check of every answer and event
    quirks       hostility that the contract permits
    journal      every request, from receipt to answer
    webhooks     event body and signature
    ids          public ids, in the order of time
    sessions     the domain: states and transitions, pure
    clock        real, offset, frozen
    settings     flags and environment, one frozen dataclass
"""
