package io.llmproxy.adapter.provider;

import io.llmproxy.adapter.provider.anthropic.AnthropicChat;
import io.llmproxy.adapter.provider.gemini.GeminiChat;
import io.llmproxy.adapter.provider.gemini.GeminiEmbeddings;
import io.llmproxy.adapter.provider.ollama.OllamaClient;
import io.llmproxy.adapter.provider.ollama.OllamaEmbeddings;
import io.llmproxy.adapter.provider.openai.OpenAiChat;
import io.llmproxy.adapter.provider.openai.OpenAiEmbeddings;
import io.llmproxy.adapter.provider.openai.OpenAiResponses;
import io.llmproxy.adapter.provider.simulated.SimulatedProvider;
import io.llmproxy.adapter.provider.simulated.SimulatedSettings;
import io.llmproxy.adapter.provider.support.Access;
import io.llmproxy.adapter.provider.support.AccountCredential;
import io.llmproxy.adapter.provider.support.AccountEgress;
import io.llmproxy.adapter.provider.support.AddressPolicy;
import io.llmproxy.adapter.provider.support.BaseUrlPolicy;
import io.llmproxy.adapter.provider.support.Downloader;
import io.llmproxy.adapter.provider.support.FileWatch;
import io.llmproxy.adapter.provider.support.HttpProvider;
import io.llmproxy.adapter.provider.support.HttpUpstream;
import io.llmproxy.adapter.provider.support.ReadSweeper;
import io.llmproxy.adapter.provider.support.RotatingProvider;
import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.TranslatingProvider;
import io.llmproxy.adapter.provider.support.chat.Translations;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a provider of an account by its type. */
public final class Providers implements ProviderFactory {
    /** Of one account: far above what one tenant's concurrency limit lets through. */
    private static final int MAX_CONNECTIONS = 10_000;

    /** Below the 60 s after which most servers and load balancers close. */
    private static final Duration KEEP_IDLE = Duration.ofSeconds(55);

    private static final Set<String> OUR_OWN_FIELDS = Set.of(
            "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "via");

    private final SecretSource secrets;
    private final SecretSealer sealer;
    private final UpstreamDefaults defaults;
    private final HttpUpstream.Network network;
    private final BaseUrlPolicy baseUrls;
    private final InstantSource clock;

    private static final ChatDialect OPENAI = new OpenAiChat();
    private static final ChatDialect ANTHROPIC = new AnthropicChat();
    private static final GeminiChat GEMINI = new GeminiChat();
    private static final ClientDialect RESPONSES = new OpenAiResponses();
    private static final List<ClientDialect> OLLAMAS = List.of(OllamaClient.chat(), OllamaClient.generate());

    private static final List<ClientDialect> BASIC = List.of(OPENAI, ANTHROPIC, GEMINI);
    private static final List<ClientDialect> CLIENTS = with(BASIC, OLLAMAS);
    private static final List<ClientDialect> ALL_CLIENTS = with(CLIENTS, List.of(RESPONSES));

    private static List<ClientDialect> with(List<ClientDialect> some, List<ClientDialect> more) {
        return Stream.concat(some.stream(), more.stream()).toList();
    }

    private final Translations translations;
    private final @Nullable Downloader downloader;

    /**
     * @param egressAllow addresses that are permitted whatever they are
     * @param defaults how upstreams are reached where an account says nothing else
     * @param ownListeners the addresses that this process listens on, asked whenever a connection is made
     * @param translations how conversations of other dialects than a provider's are taken to it
     */
    public Providers(
            SecretSource secrets,
            SecretSealer sealer,
            List<Cidr> egressAllow,
            Supplier<List<InetSocketAddress>> ownListeners,
            UpstreamDefaults defaults,
            Translations translations,
            InstantSource clock) {
        AddressPolicy addresses = new AddressPolicy(egressAllow, ownListeners);
        this.secrets = secrets;
        this.sealer = sealer;
        this.defaults = defaults;
        this.network = new HttpUpstream.Network(addresses, MAX_CONNECTIONS, KEEP_IDLE, new ReadSweeper());
        this.baseUrls = new BaseUrlPolicy(addresses);
        this.translations = translations;
        this.downloader = translations.fetch() ? new Downloader(network) : null;
        this.clock = clock;
    }

    @Override
    public Provider open(ProviderAccount account) {
        return switch (account.kind()) {
            case OPENAI, HUGGINGFACE, CUSTOM -> translating(http(account, Access.BEARER), OPENAI, CLIENTS);
            case OLLAMA -> translating(http(account, Access.BEARER), OPENAI, BASIC);
            case MISTRAL -> translating(http(account, Access.BEARER), OPENAI, ALL_CLIENTS);
            case ANTHROPIC -> translating(http(account, Access.ANTHROPIC), ANTHROPIC, ALL_CLIENTS);
            case GEMINI -> translating(http(account, Access.GOOGLE), GEMINI, ALL_CLIENTS);
            case SIMULATED -> translating(new SimulatedProvider(account, clock), OPENAI, CLIENTS);
        };
    }

    /** @param clients whose requests are translated; those of other dialects go through where the provider takes them */
    private Provider translating(Provider provider, ProviderDialect own, List<ClientDialect> clients) {
        List<EmbeddingClient> embeddings = embeddings(provider.account().kind());
        return new TranslatingProvider(provider, own, clients, embeddings, translations, downloader);
    }

    /** Those that a type does not have itself. */
    private static List<EmbeddingClient> embeddings(ProviderKind kind) {
        EmbeddingClient openAi = new OpenAiEmbeddings();
        EmbeddingClient gemini = new GeminiEmbeddings();
        EmbeddingClient ollama = new OllamaEmbeddings();
        return switch (kind) {
            case OPENAI, MISTRAL, HUGGINGFACE, CUSTOM, SIMULATED -> List.of(gemini, ollama);
            case OLLAMA -> List.of(gemini);
            case GEMINI -> List.of(openAi, ollama);
            case ANTHROPIC -> List.of();
        };
    }

    /** With several credentials as many providers, so that a connection never serves two of them. */
    private Provider http(ProviderAccount account, Access access) {
        if (account.credential() instanceof Credential.Several(List<Credential.Named> all)) {
            List<RotatingProvider.Member> members = all.stream()
                    .map(c -> new RotatingProvider.Member(c.name(), one(account.holding(c.credential()), access)))
                    .toList();
            return new RotatingProvider(account, members, clock);
        }
        return one(account, access);
    }

    private Provider one(ProviderAccount account, Access access) {
        FileWatch files = FileWatch.of(account, secrets, defaults);
        AccountCredential credential = AccountCredential.resolve(account, secrets, sealer);
        AccountEgress egress = AccountEgress.resolve(account, secrets, sealer, defaults);
        HttpUpstream upstream = HttpUpstream.of(account, egress, network);
        return new HttpProvider(account, access, credential, upstream, egress.fault(), files);
    }

    @Override
    public void check(ProviderAccount account) {
        switch (account.kind()) {
            case OPENAI, ANTHROPIC, GEMINI, MISTRAL, HUGGINGFACE, OLLAMA, CUSTOM -> baseUrls.check(account);
            case SIMULATED -> SimulatedSettings.parse(account.baseUrl());
        }
        for (String name : account.headers().keySet()) {
            if (OUR_OWN_FIELDS.contains(name.toLowerCase(Locale.ROOT))) {
                throw new InvalidValueException("headers", name + " is set by the gateway itself");
            }
        }
    }
}
