package io.llmproxy.adapter.admin;

import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.webserver.http.ServerRequest;
import io.llmproxy.admin.Grant;
import io.llmproxy.domain.identity.Actor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Who calls over TCP, by the header field {@code Authorization: Bearer TOKEN} (RFC 6750) and nothing else: what stands in addresses ends
 * up in logs. A token that is not accepted gets one answer, whatever is wrong with it.
 */
final class BearerCallers implements Function<ServerRequest, Optional<Actor>> {
    private static final String SCHEME = "bearer ";
    /** A server's whole head may be twice as long. */
    private static final int LONGEST = 8 << 10;

    private static final String HOW = "send one field Authorization: Bearer TOKEN, as llmproxyctl --token-file does";
    private final AdminServer.Remote remote;

    BearerCallers(AdminServer.Remote remote) {
        this.remote = remote;
    }

    /**
     * Empty where no authentication is configured.
     *
     * @throws Problem where the credential is not accepted
     */
    @Override
    public Optional<Actor> apply(ServerRequest request) {
        if (!remote.auth().configured()) {
            return Optional.empty();
        }
        String address = address(request.remotePeer().address());
        Grant grant = remote.auth().grant(token(request.headers(), address), address);
        if (grant == null) {
            throw new Problem(401, "invalid_token", "the token is not accepted; the server's log says why");
        }
        return Optional.of(remote.callers().actor(grant, address));
    }

    private String token(ServerRequestHeaders headers, String address) {
        if (!headers.contains(HeaderNames.AUTHORIZATION)) {
            // not worth a line: this is how a client asks whether it needs one
            throw new Problem(401, "authentication_required", "administration over TCP needs a token: " + HOW);
        }
        List<String> values = headers.get(HeaderNames.AUTHORIZATION).allValues();
        if (values.size() > 1) {
            throw refused(address, 400, "there are several fields Authorization");
        }
        String value = values.getFirst();
        if (value.length() > LONGEST) {
            throw refused(address, 400, "the field Authorization is longer than " + LONGEST + " characters");
        }
        if (!value.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw refused(address, 401, "the field Authorization is of another scheme than Bearer");
        }
        return value.substring(SCHEME.length()).strip();
    }

    private Problem refused(String address, int status, String why) {
        remote.auth().refused(address, why);
        return new Problem(status, status == 401 ? "authentication_required" : "invalid", why + "; " + HOW);
    }

    private static String address(SocketAddress peer) {
        return peer instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "unknown";
    }
}
