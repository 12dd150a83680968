package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway needs to know of a JSON request, found by one scan of the whole of it: the model, what costs, and where the
 * bytes stand that may have to be replaced. A member inside another object is never taken for one of the request's own.
 */
public final class JsonRequest {
    /** Where a value stands: from its first byte to behind its last. */
    public record Span(Token kind, int start, int end) {
        public int length() {
            return end - start;
        }

        /** That of the value which comes next. */
        static Span next(JsonScanner scanner) {
            Token kind = scanner.next();
            int start = scanner.start();
            if (kind == Token.OBJECT_START || kind == Token.ARRAY_START) {
                scanner.skipContainer();
            }
            return new Span(kind, start, scanner.end());
        }

        /** What the value just read says; null where it is no string, or a long one. */
        @Nullable
        String text(JsonScanner scanner) {
            return kind == Token.STRING && scanner.kept() ? scanner.text() : null;
        }
    }

    /** What {@code store} says, where in doubt that something is kept. */
    public enum Store {
        /** The provider's default: responses are kept, chat completions are not. */
        UNSAID,
        NO,
        YES
    }

    /** Whose members a request has beside OpenAI's. */
    public enum Form {
        V1,
        /** Google's: bounds in {@code generationConfig}, models in {@code requests} too. */
        GEMINI,
        /** Ollama's: bounds in {@code options}, and {@code name} for the model from older clients. */
        OLLAMA
    }

    /** Of a bound that is no whole number above 0, or said twice: what servers make of it is not known. */
    public static final long UNBOUND = Long.MAX_VALUE;

    /** No provider gives more; whoever asks for more is refused there. */
    private static final long MAX_CHOICES = 1_000_000;

    private static final long MAX_PROMPTS = 1_000_000;

    private final JsonScanner scanner;
    private final Form form;
    private @Nullable InnerModels inner;
    private boolean streamSaid;
    private boolean empty = true;
    private boolean object;
    private int models;
    private @Nullable Span model;
    private @Nullable String modelText;
    private @Nullable Span olderModel;
    private @Nullable String olderModelText;
    private boolean stream;
    private boolean bounded;
    private long maxTokens = -1;
    private long maxCompletionTokens = -1;
    private long maxOutputTokens = -1;
    private long otherTokens = -1;
    private long n = -1;
    private long bestOf = -1;
    private long prompts = 1;
    private @Nullable String user;
    private int firstMember;
    private boolean tools;
    private int stores;
    private int storesFalse;
    private int storesNull;
    private final ReferenceScan references;
    private final PlainChat.Measure chat = new PlainChat.Measure();
    private final StreamOptions streamOptions = new StreamOptions();
    private final SignedIds signedIds = new SignedIds();

    private JsonRequest(JsonScanner scanner, Form form) {
        this.scanner = scanner;
        this.form = form;
        this.references = new ReferenceScan(scanner, form);
        scanner.tell(signedIds);
    }

    /** @throws MalformedException unless the bytes are exactly one JSON value */
    public static JsonRequest scan(byte[] bytes, int length) {
        return scan(bytes, length, Form.V1);
    }

    /** The same of a client of another API. */
    public static JsonRequest scan(byte[] bytes, int length, Form form) {
        return scan(new JsonScanner(bytes, 0, length), form);
    }

    /** The same of a stream, which is read to its end and not closed; in memory that does not grow with it. */
    public static JsonRequest scan(InputStream source) {
        return scan(source, Form.V1);
    }

    /** The same of a client of another API. */
    public static JsonRequest scan(InputStream source, Form form) {
        return scan(new JsonScanner(source), form);
    }

    private static JsonRequest scan(JsonScanner scanner, Form form) {
        JsonRequest request = new JsonRequest(scanner, form);
        request.read();
        return request;
    }

    private void read() {
        Token token = scanner.next();
        object = token == Token.OBJECT_START;
        firstMember = scanner.end();
        if (object) {
            while (scanner.next() == Token.NAME) {
                empty = false;
                member();
            }
        }
        if (models == 0 && olderModel != null) {
            models = 1;
            model = olderModel;
            modelText = olderModelText;
        }
        if (token == Token.ARRAY_START) {
            scanner.skipContainer();
        }
        scanner.next();
    }

    private void member() {
        // in another case, as servers written in Go read it: two of them are one too many
        if (scanner.isInAnyCase("model")) {
            models++;
            model = value();
            modelText = text(model);
        } else if (scanner.is("stream")) {
            Token said = value().kind();
            stream = said == Token.TRUE;
            streamSaid = said != Token.NULL;
        } else if (form == Form.V1 && amount()) {
            return;
        } else if (scanner.is("user")) {
            user = text(value());
        } else if (scanner.is("stream_options")) {
            streamOptions.read(scanner);
        } else if (scanner.is("store")) {
            store(value().kind());
        } else if (form == Form.V1 && scanner.is("messages")) {
            references.messages(chat);
        } else if (form == Form.V1 || !own()) {
            boolean tool = scanner.is("tools") || scanner.is("functions");
            if (tool) {
                chat.other();
            }
            tools |= references.member() && tool;
        }
    }

    /** Reads a member that says how much is to be generated; false: it is none, and its value is still to come. */
    private boolean amount() {
        if (scanner.is("max_tokens")) {
            maxTokens = bound(maxTokens);
        } else if (scanner.is("max_completion_tokens")) {
            maxCompletionTokens = bound(maxCompletionTokens);
        } else if (scanner.is("max_output_tokens")) {
            maxOutputTokens = bound(maxOutputTokens);
        } else if (scanner.isInAnyCase("n")) {
            n = Math.max(n, Amounts.count(scanner, value().kind()));
        } else if (scanner.isInAnyCase("best_of")) {
            bestOf = Math.max(bestOf, Amounts.count(scanner, value().kind()));
        } else if (scanner.isInAnyCase("prompt")) {
            prompts = Math.max(prompts, references.prompts());
        } else if (scanner.isInAnyCase("max_tokens")
                || scanner.isInAnyCase("max_completion_tokens")
                || scanner.isInAnyCase("max_output_tokens")
                || scanner.isInAnyCase("n_predict")) {
            raise();
        } else {
            return false;
        }
        return true;
    }

    private void raise() {
        otherTokens = Math.max(otherTokens, Amounts.raise(scanner, value().kind()));
    }

    /** Reads a member that only the request's own API has; false: it is none, and its value is still to come. */
    private boolean own() {
        if (form == Form.OLLAMA && scanner.isInAnyCase("options")
                || form == Form.GEMINI
                        && (scanner.isInAnyCase("generationConfig") || scanner.isInAnyCase("generation_config"))) {
            bounds();
            return true;
        }
        if (form == Form.OLLAMA && scanner.is("name")) {
            olderModel = value();
            olderModelText = text(olderModel);
            return true;
        }
        boolean inside = scanner.is("requests")
                || scanner.is("generateContentRequest")
                || scanner.is("generate_content_request");
        if (form == Form.GEMINI && inside) {
            inner = inner == null ? new InnerModels() : inner;
            inner.read(scanner);
            return true;
        }
        return false;
    }

    private void bounds() {
        boolean googles = form == Form.GEMINI;
        boolean said = scanner.is("options") || scanner.is("generationConfig") || scanner.is("generation_config");
        otherTokens = said ? otherTokens : UNBOUND;
        maxTokens = bounded ? UNBOUND : maxTokens;
        bounded = true;
        Token token = scanner.next();
        if (token == Token.ARRAY_START) {
            scanner.skipContainer();
        }
        while (token == Token.OBJECT_START && scanner.next() == Token.NAME) {
            String most = googles ? "maxOutputTokens" : "num_predict";
            if (scanner.is(most) || googles && scanner.is("max_output_tokens")) {
                maxTokens = bound(maxTokens);
            } else if (scanner.isInAnyCase(most) || googles && scanner.isInAnyCase("max_output_tokens")) {
                raise();
            } else if (googles && (scanner.isInAnyCase("candidateCount") || scanner.isInAnyCase("candidate_count"))) {
                n = Math.max(n, Amounts.count(scanner, value().kind()));
            } else {
                value();
            }
        }
    }

    private void store(Token value) {
        stores++;
        storesFalse += value == Token.FALSE ? 1 : 0;
        storesNull += value == Token.NULL ? 1 : 0;
    }

    private Span value() {
        return Span.next(scanner);
    }

    private @Nullable String text(Span value) {
        return value.text(scanner);
    }

    private long bound(long before) {
        return Amounts.bound(scanner, value().kind(), before);
    }

    /** Whether the request is an object, as all of OpenAI's are. */
    public boolean object() {
        return object;
    }

    /** How many top-level members are named {@code model}, however their names are escaped. */
    public int models() {
        return models;
    }

    public @Nullable Span model() {
        return model;
    }

    /** The model asked for; null where there is none, or it is no string or one of more than {@value JsonScanner#MAX_TEXT} bytes. */
    public @Nullable String modelText() {
        return modelText;
    }

    public boolean stream() {
        return stream;
    }

    /** Whether the request says whether it wants a stream. */
    public boolean streamSaid() {
        return streamSaid;
    }

    /** Where requests within this one name their models; without those that name none. */
    public List<Span> innerModels() {
        return inner == null ? List.of() : inner.spans();
    }

    /** What they name; empty where that is no string. */
    public List<String> innerModelTexts() {
        return inner == null ? List.of() : inner.texts();
    }

    /** Where the object's first member stands, or could stand. */
    public int firstMember() {
        return firstMember;
    }

    /** Whether the object has no member. */
    public boolean empty() {
        return empty;
    }

    /** Whether the provider is asked to keep the answer. */
    public Store store() {
        if (stores > storesFalse + storesNull) {
            return Store.YES;
        }
        return stores > 0 && stores == storesFalse ? Store.NO : Store.UNSAID;
    }

    /** Whether it names tools that the model may call. */
    public boolean tools() {
        return tools;
    }

    /** The size of its messages where they are a plain conversation, without tools; null: they are not, or not known to be. */
    public @Nullable PlainChat plainChat() {
        return object && form == Form.V1 ? chat.found() : null;
    }

    /** Whether it has images for the model to look at. */
    public boolean images() {
        return references.images();
    }

    /** The stored objects that the request names. */
    public References references() {
        return object ? references.references() : References.UNSEEN;
    }

    /** What {@code max_tokens}, or what Google or Ollama has in its place, says; 0 or less: nothing. */
    public long maxTokens() {
        return maxTokens;
    }

    /** The same of {@code max_completion_tokens}. */
    public long maxCompletionTokens() {
        return maxCompletionTokens;
    }

    /** The same of {@code max_output_tokens}. */
    public long maxOutputTokens() {
        return maxOutputTokens;
    }

    /**
     * The largest bound by a name that some servers take for one of those above and others for none: in another case, as Go's read it, or
     * llama.cpp's {@code n_predict}; -1: none.
     */
    public long otherTokens() {
        return otherTokens;
    }

    /** How many answers are asked for, as the member says; -1: not said. */
    long n() {
        return n;
    }

    /**
     * How many answers the provider generates, all of which are billed: to each prompt of a completion as many as are asked for, or as
     * it is to choose the best of.
     *
     * @see <a href="https://platform.openai.com/docs/api-reference/completions/create">{@code prompt}, {@code n}, {@code best_of}</a>
     */
    public long choices() {
        return Math.min(Amounts.MOST, Math.clamp(Math.max(n, bestOf), 1, MAX_CHOICES) * Math.min(prompts, MAX_PROMPTS));
    }

    /** The client's own name for its user; null where it is missing or too long to be one. */
    public @Nullable String user() {
        return user;
    }

    /** The changes that take signatures out of the ids of calls, for a provider that did not make them. */
    public List<Splice> plainCallIds() {
        return signedIds.changes();
    }

    /** The changes that make a stream tell its usage; none where the client asks for it itself. */
    public List<Splice> usageInStream() {
        return object ? streamOptions.changes(firstMember) : List.of();
    }
}
