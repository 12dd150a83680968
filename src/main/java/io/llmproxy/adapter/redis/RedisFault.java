package io.llmproxy.adapter.redis;

import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/** Says why Redis is away, and what helps where that can be known. */
final class RedisFault {
    private RedisFault() {}

    /** No connection could be made. */
    static String connecting(RuntimeException e) {
        if (!(e instanceof JedisException)) {
            // the client stumbles over an answer of another kind
            return "no connection can be made (it does not answer as Redis does)";
        }
        String text = String.valueOf(e.getMessage());
        if (e instanceof JedisAccessControlException) {
            return "it refuses the password (redis.password-file)";
        }
        return text.contains("AUTH") || text.contains("password")
                ? "it wants another password (redis.password-file)"
                : "no connection can be made (" + text + ")";
    }

    /** On a connection that was made. */
    static String calling(JedisException e) {
        String text = String.valueOf(e.getMessage());
        if (e instanceof JedisConnectionException) {
            return "the connection broke (" + text + ")";
        }
        if (text.contains("READONLY")) {
            return "it is a replica, which cannot be written to: redis.url must name the master (READONLY)";
        }
        if (text.startsWith("MOVED")) {
            return "it is a node of a cluster that does not have the keys {llmproxy}: redis.url must name the one that has them ("
                    + text + ")";
        }
        if (text.contains("OOM ")) {
            return "its memory is full (maxmemory): counters find no room";
        }
        return "it answers with an error (" + text + ")";
    }
}
