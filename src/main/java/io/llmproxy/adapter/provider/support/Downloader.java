package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Fetches what a client's URL stands for, as an untrusting stranger: GET without credentials, no redirects, no proxy, never from loopback,
 * private, link-local or metadata addresses, which are judged after the look-up, bounded in size and time. Thread-safe.
 */
public final class Downloader {
    private static final int LONGEST_URL = 8 * 1024;
    private static final int PIECE = 16 * 1024;
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final HttpUpstream.Network network;

    public Downloader(HttpUpstream.Network network) {
        this.network = network;
    }

    /**
     * What was fetched.
     *
     * @param mediaType in lower case, without parameters
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    public record Download(String mediaType, byte[] bytes) {}

    /** It could not be fetched; the message is for the client. */
    public static final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        FailedException(String message) {
            super(message, null, false, false);
        }
    }

    /**
     * Blocks until it is there.
     *
     * @param most bytes
     * @param within how long all of it may take
     * @param room told of each piece's bytes before they are kept; throws where there is no room for them
     */
    public Download fetch(String url, int most, Duration within, IntConsumer room) throws FailedException {
        URI from = parsed(url);
        HttpUpstream upstream = upstream(from, within);
        try (ProviderCall call = upstream.call("GET", target(from), fields(), RequestBody.NONE)) {
            ProviderCall.Head head = call.execute();
            if (head.status() != 200) {
                throw new FailedException("its server answered " + head.status());
            }
            if (head.contentLength() > most) {
                throw new FailedException("it is larger than " + most + " bytes");
            }
            String coding = head.headers().first("Content-Encoding").orElse("identity");
            if (!coding.equalsIgnoreCase("identity")) {
                throw new FailedException("its server sent it in a content coding that was not asked for");
            }
            return new Download(mediaType(head.headers()), bytes(call.body(), most, room));
        } catch (UpstreamException e) {
            throw new FailedException(reason(e, within));
        } catch (IOException e) {
            throw new FailedException("it broke off");
        } finally {
            upstream.retire();
        }
    }

    private static URI parsed(String url) throws FailedException {
        try {
            URI uri = new URI(url);
            String scheme = uri.getScheme();
            boolean web = "https".equalsIgnoreCase(scheme) || "http".equalsIgnoreCase(scheme);
            if (!web || uri.getHost() == null || uri.getRawUserInfo() != null || url.length() > LONGEST_URL) {
                throw new FailedException("its URL must be http or https, name a host and no user");
            }
            return uri;
        } catch (URISyntaxException e) {
            throw new FailedException("its URL is malformed");
        }
    }

    private HttpUpstream upstream(URI from, Duration within) {
        Origin origin = Origin.of(from);
        AddressPolicy policy = network.addresses();
        Connector connector = new Connector(
                origin,
                (address, port) -> policy.refusal(address.getAddress(), port, false),
                AccountEgress.PLAIN.tls(),
                null,
                InetAddress::getAllByName,
                network.reads());
        Duration connect = within.compareTo(CONNECT) < 0 ? within : CONNECT;
        ProviderTimeouts timeouts = new ProviderTimeouts(connect, within, within, within);
        return new HttpUpstream("url", origin, timeouts, new ConnectionPool(1, within), connector, null);
    }

    private static String target(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    private static HeaderFields fields() {
        return HeaderFields.of(
                "Accept",
                "image/*, application/pdf",
                "Accept-Encoding",
                "identity",
                "User-Agent",
                "llmproxy",
                "Via",
                "1.1 llmproxy");
    }

    private static String mediaType(HeaderFields fields) {
        String type = fields.first("Content-Type").orElse("");
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private static byte[] bytes(InputStream in, int most, IntConsumer room) throws IOException, FailedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            if (out.size() + n > most) {
                throw new FailedException("it is larger than " + most + " bytes");
            }
            room.accept(n);
            out.write(piece, 0, n);
        }
        return out.toByteArray();
    }

    private static String reason(UpstreamException e, Duration within) {
        return switch (e.kind()) {
            case FORBIDDEN_ADDRESS -> "its host has an address that this gateway fetches nothing from";
            case CONNECT, POOL_EXHAUSTED -> "its host cannot be reached";
            case FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT ->
                "it did not come within " + within.toSeconds() + " s";
            case NO_ANSWER, TRUNCATED, PROTOCOL, UNREADABLE, REPORTED, CANCELLED -> "it broke off";
        };
    }
}
