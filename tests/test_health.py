def test_readiness_tells_the_backlog(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["work"]["due"]) == (200, 0)
