package io.llmproxy.adapter.admin.auth;

/** A JSON Web Token that is not accepted; the message has nothing of what the token says. */
final class JwtRefused extends Exception {
    JwtRefused(String why) {
        super(why, null, false, false);
    }
}
