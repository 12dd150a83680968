package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.LongWork;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Ask.ModelValue;
import io.llmproxy.gateway.Body;
import io.llmproxy.gateway.BodyMemory;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Endpoint.BodyKind;
import io.llmproxy.gateway.Endpoint.Kind;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Spool;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.scan.JsonRequest;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import io.llmproxy.gateway.scan.MalformedException;
import io.llmproxy.gateway.scan.MultipartScanner;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Takes in request bodies whole, and scans what is JSON or multipart for what it asks for. */
final class BodyReader {
    private static final Logger LOG = System.getLogger(BodyReader.class.getName());
    private static final long ALARM_NANOS = 60_000_000_000L;
    private static final int MAX_MODEL = 256;
    /** What the scanner takes; nobody sends it. */
    private static final long MAX_JSON = Integer.MAX_VALUE;

    private static final Set<String> BODILESS = Set.of("GET", "HEAD", "DELETE", "OPTIONS", "TRACE");

    private final GatewaySettings settings;
    private final BodyMemory memory;
    private final AtomicLong nextAlarm = new AtomicLong(System.nanoTime());

    BodyReader(GatewaySettings settings, BodyMemory memory) {
        this.settings = settings;
        this.memory = memory;
    }

    /** A body, whose holder closes it, and what it asks for. */
    record Read(Body body, Ask ask) {}

    Read read(Exchange x, Endpoint endpoint) {
        String type = x.request().headers().first("content-type").orElse("").toLowerCase(Locale.ROOT);
        boolean multipart = type.startsWith("multipart/");
        boolean json = !multipart && (endpoint.body() == BodyKind.JSON || json(type));
        Spool spool = new Spool(settings.spoolDirectory(), memory, x.request().contentLength());
        try {
            return json ? json(x, endpoint, spool) : other(x, spool, multipart);
        } catch (UncheckedIOException e) {
            spool.close();
            alarm(e);
            throw Refusals.unavailable("The gateway has no room for the request body at the moment; try again later.");
        } catch (RuntimeException | Error e) {
            spool.close();
            throw e;
        }
    }

    /** Once a minute: a full disk fails many requests, and one line of them says it all. */
    private void alarm(UncheckedIOException e) {
        long now = System.nanoTime();
        long next = nextAlarm.get();
        if (now - next >= 0 && nextAlarm.compareAndSet(next, now + ALARM_NANOS)) {
            LOG.log(Level.ERROR, "event 6204: large request bodies are refused: they cannot be kept on disk", e);
        }
    }

    private static boolean json(String type) {
        String media = type.split(";", 2)[0].strip();
        return media.equals("application/json") || media.endsWith("+json");
    }

    private Read json(Exchange x, Endpoint endpoint, Spool spool) {
        boolean lenient = endpoint.kind() == Kind.PASSTHROUGH;
        String coding = coding(x.request());
        boolean coded = !coding.isEmpty();
        if (coded && !lenient && !ContentCoding.known(coding)) {
            throw Refusals.invalid(
                    "The request body is compressed in a way that the gateway cannot look into (Content-Encoding); send it"
                            + " as gzip, or uncompressed.",
                    null);
        }
        receive(x, spool, mostJson(), Spool.Tap.DEAF);
        if (spool.length() == 0) {
            if (endpoint.body() == BodyKind.JSON) {
                throw emptyBody();
            }
            return new Read(empty(x), Ask.NOTHING);
        }
        if (coded && !lenient) {
            return decoded(x, endpoint, coding, spool);
        }
        Ask ask = lenient ? leniently(x, spool, coded) : scanned(x, spool, endpoint);
        return new Read(Body.of(spool), ask);
    }

    private long mostJson() {
        return Math.min(settings.maxBody(), MAX_JSON);
    }

    private static ProxyException emptyBody() {
        return Refusals.invalid("The request body is empty; it must be a JSON object.", null);
    }

    /** Empty: none. */
    private static String coding(ClientRequest request) {
        HeaderFields headers = request.headers();
        if (!headers.contains("content-encoding")) {
            return "";
        }
        String all = String.join(",", headers.all("content-encoding")).strip().toLowerCase(Locale.ROOT);
        return all.equals("identity") ? "" : all;
    }

    /** A body that is looked into without its coding, and goes on in it where nothing has to be changed. */
    private Read decoded(Exchange x, Endpoint endpoint, String coding, Spool received) {
        Spool plain = new Spool(settings.spoolDirectory(), memory, -1);
        try {
            LongWork.on(received.length(), () -> inflate(coding, received, plain));
            if (plain.length() == 0) {
                throw emptyBody();
            }
            return new Read(Body.of(plain, coding, received), scanned(x, plain, endpoint));
        } catch (RuntimeException | Error e) {
            plain.close();
            throw e;
        }
    }

    private Spool inflate(String coding, Spool received, Spool plain) {
        try (InputStream coded = received.open();
                InputStream in = ContentCoding.strictly(coding, coded)) {
            while (plain.readFrom(in, Spool.Tap.DEAF)) {
                if (plain.length() > mostJson()) {
                    throw Refusals.tooLarge(mostJson());
                }
            }
            return plain;
        } catch (IOException e) {
            throw Refusals.invalid("The request body is not in the coding that its Content-Encoding says.", null);
        }
    }

    private static JsonRequest scan(Spool spool, JsonRequest.Form form) {
        if (spool.inOnePiece()) {
            return JsonRequest.scan(spool.bytes(), (int) spool.length(), form);
        }
        // which takes an eighth of the time of other work on as many bytes, or less
        return LongWork.on(spool.length() / 8, () -> {
            try (InputStream in = spool.open()) {
                return JsonRequest.scan(in, form);
            } catch (IOException e) {
                throw readingBack(e);
            }
        });
    }

    private static UncheckedIOException readingBack(IOException e) {
        return new UncheckedIOException("reading back a spooled request body failed", e);
    }

    private static JsonRequest.Form form(Exchange x) {
        return switch (x.api()) {
            case V1, AZURE -> JsonRequest.Form.V1;
            case GEMINI -> JsonRequest.Form.GEMINI;
            case OLLAMA -> JsonRequest.Form.OLLAMA;
        };
    }

    /** Of what passes through, where the path alone tells the API. */
    private static JsonRequest.Form form(PromptShape shape) {
        return switch (shape) {
            case CONTENTS -> JsonRequest.Form.GEMINI;
            case OLLAMA -> JsonRequest.Form.OLLAMA;
            case CHAT, COMPLETION, RESPONSE, EMBEDDING, MESSAGES, EMBED_CONTENT, NONE -> JsonRequest.Form.V1;
        };
    }

    private static Ask scanned(Exchange x, Spool spool, Endpoint endpoint) {
        JsonRequest request;
        try {
            request = scan(spool, form(x));
        } catch (MalformedException e) {
            throw Refusals.invalid("The request body is not valid JSON: " + e.getMessage() + ".", null);
        }
        if (!request.object() && endpoint.body() == BodyKind.JSON) {
            throw Refusals.invalid("The request body must be a JSON object.", null);
        }
        if (request.models() > 1) {
            throw Refusals.invalid("`model` stands more than once in the request body.", "model");
        }
        boolean asksUsage = request.stream() && endpoint.body() == BodyKind.JSON && endpoint.usageOnDemand();
        Ask ask = ask(request, PromptShape.of(x.path()), modelOf(request), asksUsage);
        ClientPath path = x.clientPath();
        return path == null ? ask : PathAsk.of(ask, request, path);
    }

    private static Ask ask(JsonRequest request, PromptShape shape, @Nullable String model, boolean asksUsage) {
        JsonRequest.Span span = request.model();
        return new Ask(
                model,
                span == null ? null : new ModelValue(span.start(), span.length(), ModelValue.JSON),
                List.of(),
                false,
                request.stream(),
                OutputBound.of(request, shape),
                request.choices(),
                request.user(),
                asksUsage ? request.usageInStream() : List.of(),
                request.plainCallIds(),
                request.store(),
                request.references(),
                request.plainChat(),
                request.images(),
                request.tools());
    }

    private static @Nullable String modelOf(JsonRequest request) {
        JsonRequest.Span span = request.model();
        if (span == null) {
            return null;
        }
        if (span.kind() != Token.STRING) {
            throw Refusals.invalid("`model` must be a string.", "model");
        }
        String model = request.modelText();
        if (model == null) {
            throw modelTooLong();
        }
        return checkedModel(model);
    }

    private static ProxyException modelTooLong() {
        return Refusals.invalid("`model` is longer than " + MAX_MODEL + " characters.", "model");
    }

    private static String checkedModel(String model) {
        if (model.isEmpty()) {
            throw Refusals.invalid("`model` must not be empty.", "model");
        }
        if (model.length() > MAX_MODEL) {
            throw modelTooLong();
        }
        for (int i = 0; i < model.length(); i++) {
            if (Character.isISOControl(model.charAt(i))) {
                throw Refusals.invalid("`model` has control characters.", "model");
            }
        }
        return model;
    }

    /** What goes to a provider of the client's choice may be anything; its model is known where it can be. */
    private static Ask leniently(Exchange x, Spool spool, boolean coded) {
        try {
            PromptShape shape = PromptShape.of(x.path());
            JsonRequest request = scan(spool, form(shape));
            boolean asksUsage = request.stream() && completes(x.request());
            return coded
                    ? Ask.NOTHING
                    : ask(request, shape, request.models() == 1 ? modelOf(request) : null, asksUsage);
        } catch (MalformedException | ProxyException e) {
            return Ask.NOTHING;
        }
    }

    /** Whether a path that passes through is that of OpenAI's completions, whose streams tell their usage on demand. */
    private static boolean completes(ClientRequest request) {
        String path = request.path();
        return request.method().equals("POST") && (path.endsWith("/completions") || path.endsWith("/completions/"));
    }

    private Read other(Exchange x, Spool spool, boolean multipart) {
        if (!multipart) {
            receive(x, spool, settings.maxBody(), Spool.Tap.DEAF);
            return new Read(spool.length() == 0 ? empty(x) : Body.of(spool), Ask.NOTHING);
        }
        try {
            String type = x.request().headers().first("content-type").orElse("");
            MultipartScanner scanner = new MultipartScanner(MultipartScanner.boundary(type), "model");
            receive(x, spool, settings.maxUpload(), scanner::feed);
            scanner.finish();
            Ask ask = ask(scanner, spool);
            ClientPath path = x.clientPath();
            return new Read(
                    Body.of(spool), path == null ? ask : PathAsk.of(ask, MultipartScanner.boundary(type), path));
        } catch (MalformedException e) {
            throw Refusals.invalid("The multipart body is malformed: " + e.getMessage() + ".", null);
        }
    }

    private static Ask ask(MultipartScanner scanner, Spool spool) {
        if (scanner.found() > 1) {
            throw Refusals.invalid("`model` stands more than once in the request body.", "model");
        }
        if (scanner.found() == 0) {
            return Ask.of(null, null, scanner.references());
        }
        int length = (int) Math.min(4L * MAX_MODEL + 4, scanner.valueEnd() - scanner.valueStart());
        try {
            byte[] value = spool.range(scanner.valueStart(), length);
            String model = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
            return Ask.of(
                    checkedModel(model),
                    new ModelValue(scanner.valueStart(), length, ModelValue.PLAIN),
                    scanner.references());
        } catch (CharacterCodingException e) {
            throw Refusals.invalid("`model` is not UTF-8.", "model");
        } catch (IOException e) {
            throw readingBack(e);
        }
    }

    /** A POST without a body says so by a length of nothing; a GET has none at all. */
    private static Body empty(Exchange x) {
        return BODILESS.contains(x.request().method()) ? Body.none() : Body.empty();
    }

    private static void receive(Exchange x, Spool spool, long limit, Spool.Tap tap) {
        ClientRequest request = x.request();
        long declared = request.contentLength();
        if (declared > limit) {
            throw Refusals.tooLarge(limit);
        }
        if (declared == 0) {
            return;
        }
        long began = 0;
        try {
            InputStream in = request.body();
            if (declared < 0 || in.available() < declared) {
                began = System.nanoTime(); // most bodies are here with their heads, and nobody waits for them
            }
            while (spool.readFrom(in, tap)) {
                if (spool.length() > limit) {
                    throw Refusals.tooLarge(limit);
                }
            }
        } catch (InterruptedIOException e) {
            throw Refusals.tooSlow("The request body came too slowly.");
        } catch (IOException e) {
            throw brokenOff(request);
        } finally {
            x.tally().received(spool.length(), began == 0 ? 0 : System.nanoTime() - began);
        }
        if (declared > 0 && spool.length() != declared) {
            throw brokenOff(request);
        }
    }

    private static RuntimeException brokenOff(ClientRequest request) {
        return request.gone()
                ? new ClientGoneException()
                : Refusals.invalid("The request body could not be read to its end.", null);
    }
}
