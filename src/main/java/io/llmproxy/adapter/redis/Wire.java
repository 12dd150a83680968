package io.llmproxy.adapter.redis;

import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;

/** A connection that can be told to send what was written. */
final class Wire extends Connection {
    Wire(HostAndPort address, JedisClientConfig config) {
        super(address, config);
    }

    /** Sends what was written, without waiting for an answer. */
    void send() {
        flush();
    }
}
