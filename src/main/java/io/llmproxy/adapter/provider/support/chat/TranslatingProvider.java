package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.adapter.provider.support.Downloader;
import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.LongWork;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.KeptBody;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.CredentialState;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamConnections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A provider that also understands the conversations of other dialects than its own. What comes in its own dialect, and whatever
 * is no conversation, goes to it as it is.
 */
public final class TranslatingProvider implements Provider {
    /** The client's fields that mean the same to any provider; all others are about its own dialect. */
    private static final List<String> COMMON = List.of("User-Agent", "Via", "traceparent", "tracestate");

    /** Of one request for embeddings. */
    private static final int MOST_PARTS = 2048;

    private final Provider provider;
    private final ProviderAccount account;
    private final ProviderDialect own;
    private final List<ClientDialect> foreign;
    private final List<EmbeddingClient> embeddings;
    private final Translations translations;
    /** How clients are told of it. */
    private final String who;

    private final @Nullable Downloader downloader;

    /** One that fetches nothing, and embeds in its own dialect alone. */
    public TranslatingProvider(
            Provider provider, ProviderDialect own, List<? extends ClientDialect> clients, Translations translations) {
        this(provider, own, clients, List.of(), translations, null);
    }

    /**
     * @param own what the provider speaks
     * @param clients what clients may speak
     * @param embeddings how clients may ask for embeddings, where it is not as the provider has it
     * @param downloader gets what URLs stand for where the provider takes none; null: they are refused
     */
    public TranslatingProvider(
            Provider provider,
            ProviderDialect own,
            List<? extends ClientDialect> clients,
            List<? extends EmbeddingClient> embeddings,
            Translations translations,
            @Nullable Downloader downloader) {
        this.provider = provider;
        this.account = provider.account();
        this.who = who(account);
        this.own = own;
        this.foreign = clients.stream()
                .filter(d -> !d.equals(own))
                .<ClientDialect>map(d -> d)
                .toList();
        this.embeddings = List.copyOf(embeddings);
        this.translations = translations;
        this.downloader = own.takesUrls() ? null : downloader;
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        return provider.fault();
    }

    @Override
    public List<CredentialState> credentials() {
        return provider.credentials();
    }

    @Override
    public UpstreamConnections connections() {
        return provider.connections();
    }

    @Override
    public boolean outdated() {
        return provider.outdated();
    }

    @Override
    public void retire() {
        provider.retire();
    }

    /** @throws io.llmproxy.domain.error.ProxyException where a request cannot be translated */
    @Override
    public ProviderCall call(UpstreamRequest request) {
        if (request.passthrough() || !request.method().equals("POST")) {
            return provider.call(request);
        }
        String path = request.path();
        String plain = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (own.speaks(plain)) {
            return provider.call(request);
        }
        for (ClientDialect client : foreign) {
            Operation operation = client.operation(plain);
            if (operation != null) {
                return translated(request, client, operation);
            }
        }
        Embedder embedder = own.embedder();
        for (EmbeddingClient client : embeddings) {
            if (embedder != null && client.asks(plain)) {
                return embedded(request, client, embedder);
            }
        }
        if (!own.takes(plain, request.headers())) {
            throw Refusals.invalid(who + " has nothing like `/v1" + plain + "`; take another model.", "model");
        }
        return provider.call(request);
    }

    private static String who(ProviderAccount account) {
        return "provider " + Checks.quoted(account.name()) + " (type "
                + account.kind().word() + ")";
    }

    /** What a client's request comes to. */
    private sealed interface Reading {
        /** An answer that the provider need not be asked for. */
        record Known(ProviderCall call) implements Reading {}

        /** @param body in the provider's dialect; null: it wants the bytes of URLs in it first */
        record Asked(
                ChatRequest chat,
                ProviderDialect.Place place,
                @Nullable KeptBody body) implements Reading {}
    }

    private ProviderCall translated(UpstreamRequest request, ClientDialect client, Operation operation) {
        Notes notes = new Notes(who, translations.drop());
        long length = request.body().length();
        Reading reading;
        try (Translations.Turn _ = translations.turn(length)) {
            reading = LongWork.on(length, () -> read(request, client, operation, notes));
        }
        return switch (reading) {
            case Reading.Known(ProviderCall call) -> call;
            case Reading.Asked asked -> sent(request, client, asked, notes);
        };
    }

    private ProviderCall sent(UpstreamRequest request, ClientDialect client, Reading.Asked asked, Notes notes) {
        ChatRequest chat = asked.chat();
        KeptBody body = asked.body() == null ? fetched(chat, Objects.requireNonNull(downloader), notes) : asked.body();
        Answers answers = new Answers.OfChat(own, client, chat, request.query(), translations.seconds());
        return sent(request, asked.place(), answers, body, notes);
    }

    private Reading read(UpstreamRequest request, ClientDialect client, Operation operation, Notes notes) {
        byte[] asked = Bytes.of(request.body());
        JsonNode tree = tree(asked);
        byte[] known = client.answerWithoutModel(tree, translations.seconds());
        if (known != null) {
            return new Reading.Known(new LocalAnswer(known));
        }
        ChatRequest chat = client.readRequest(request, tree, operation, notes);
        boolean fetches = downloader != null && FetchedUrls.wanted(chat);
        if (operation == Operation.COUNT) {
            if (!fetches) {
                written(chat, notes).close(); // to see whether it could be
            }
            return new Reading.Known(new CountedCall(client, translations.estimator(), chat.model(), asked));
        }
        return new Reading.Asked(chat, own.place(chat), fetches ? null : written(chat, notes));
    }

    private KeptBody written(ChatRequest chat, Notes notes) {
        return translations.room().keep(own.writeRequest(chat, account, notes));
    }

    /** With the bytes in the place of URLs; they count as a large body's while there are several copies of them. */
    private KeptBody fetched(ChatRequest chat, Downloader from, Notes notes) {
        try (BodyRoom.Share share = translations.room().share()) {
            ChatRequest whole = new FetchedUrls(from, share).in(chat);
            try (Translations.Turn _ = translations.turn(Translations.LARGE)) {
                return LongWork.on(Translations.LARGE, () -> written(whole, notes));
            }
        }
    }

    private ProviderCall sent(
            UpstreamRequest request, ProviderDialect.Place place, Answers answers, KeptBody body, Notes notes) {
        boolean sent = false;
        try {
            ProviderCall call = provider.call(
                    request.instead(place.path(), place.query(), fields(request.headers()), body, answers.model()));
            sent = true;
            return new TranslatedCall(call, body, own, answers, translations, notes.warning());
        } finally {
            if (!sent) {
                body.close();
            }
        }
    }

    private ProviderCall embedded(UpstreamRequest request, EmbeddingClient client, Embedder embedder) {
        Notes notes = new Notes(who, translations.drop());
        try (Translations.Turn _ = translations.turn(request.body().length())) {
            EmbeddingRequest asked = LongWork.on(
                    request.body().length(), () -> client.read(request, tree(Bytes.of(request.body())), notes));
            List<EmbeddingRequest> parts = asked.parts(embedder.most(asked));
            Answers.OfEmbeddings answers = new Answers.OfEmbeddings(embedder, client, request, asked, parts);
            ProviderDialect.Place place = embedder.place(asked);
            if (parts.size() == 1) {
                KeptBody body = translations.room().keep(embedder.write(asked, account, notes));
                return sent(request, place, answers, body, notes);
            }
            if (parts.size() > MOST_PARTS) {
                throw Refusals.invalid("`input` has too many texts for this model; send fewer at once.", "input");
            }
            return inTurn(request, place, answers, notes);
        }
    }

    private ProviderCall inTurn(
            UpstreamRequest request, ProviderDialect.Place place, Answers.OfEmbeddings answers, Notes notes) {
        Embedder embedder = answers.provider();
        HeaderFields fields = fields(request.headers());
        List<UpstreamRequest> all = answers.parts().stream()
                .map(part -> RequestBody.of(embedder.write(part, account, notes)))
                .map(body -> request.instead(place.path(), place.query(), fields, body, answers.model()))
                .toList();
        ProviderCall calls = new CallsInTurn(provider, all, embedder.tokensField());
        KeptBody nothing = translations.room().keep(new byte[0]);
        return new TranslatedCall(calls, nothing, own, answers, translations, notes.warning());
    }

    private static JsonNode tree(byte[] body) {
        JsonNode tree = Json.parse(body);
        if (!tree.isObject()) {
            throw Refusals.invalid("The request body must be a JSON object, nested 500 deep at most.", null);
        }
        return tree;
    }

    private static HeaderFields fields(HeaderFields client) {
        HeaderFields fields = new HeaderFields();
        for (String name : COMMON) {
            client.first(name).ifPresent(value -> fields.add(name, value));
        }
        return fields.add("Content-Type", "application/json").add("Accept-Encoding", "identity");
    }
}
