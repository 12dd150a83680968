package io.llmproxy.adapter.provider;

import io.llmproxy.adapter.provider.anthropic.AnthropicChat;
import io.llmproxy.adapter.provider.azure.AzurePaths;
import io.llmproxy.adapter.provider.azure.EntraLogin;
import io.llmproxy.adapter.provider.azure.EntraTokens;
import io.llmproxy.adapter.provider.bedrock.AwsLogin;
import io.llmproxy.adapter.provider.bedrock.BedrockChat;
import io.llmproxy.adapter.provider.bedrock.Regions;
import io.llmproxy.adapter.provider.cohere.CohereChat;
import io.llmproxy.adapter.provider.gemini.GeminiChat;
import io.llmproxy.adapter.provider.gemini.GeminiEmbeddings;
import io.llmproxy.adapter.provider.ollama.OllamaChat;
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
import io.llmproxy.adapter.provider.support.Login;
import io.llmproxy.adapter.provider.support.OperatorFields;
import io.llmproxy.adapter.provider.support.Origin;
import io.llmproxy.adapter.provider.support.Paths;
import io.llmproxy.adapter.provider.support.ReadSweeper;
import io.llmproxy.adapter.provider.support.RotatingProvider;
import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.TranslatingProvider;
import io.llmproxy.adapter.provider.support.chat.Translations;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderOptions;
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes a provider of an account by its type. */
public final class Providers implements ProviderFactory {
    /** Of one account: far above what one tenant's concurrency limit lets through. */
    private static final int MAX_CONNECTIONS = 10_000;

    /** Below the 60 s after which most servers and load balancers close. */
    private static final Duration KEEP_IDLE = Duration.ofSeconds(55);

    private static final String OPTIONS = "options";

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
    private static final ProviderDialect OLLAMA = new OllamaChat();
    private static final ProviderDialect COHERE = new CohereChat();
    private static final ProviderDialect BEDROCK = new BedrockChat();
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
        String version = account.apiVersion();
        return switch (account.kind().api()) {
            case OPENAI -> translating(openAi(account, version), OPENAI, clients(account.kind()));
            case OLLAMA -> translating(http(account, Access.BEARER, OllamaChat.paths(version)), OLLAMA, BASIC);
            case AZURE -> translating(each(account, this::azure), OPENAI, CLIENTS);
            case ANTHROPIC ->
                translating(http(account, Access.ANTHROPIC, Paths.below("/v1", null)), ANTHROPIC, ALL_CLIENTS);
            case GEMINI ->
                translating(http(account, Access.GOOGLE, Paths.below("/v1beta", version)), GEMINI, ALL_CLIENTS);
            case COHERE -> translating(http(account, Access.BEARER, CohereChat.paths()), COHERE, ALL_CLIENTS);
            case BEDROCK -> translating(each(account, this::bedrock), BEDROCK, ALL_CLIENTS);
            case SIMULATED -> translating(new SimulatedProvider(account, clock), OPENAI, ALL_CLIENTS);
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
        return switch (kind.api()) {
            case OPENAI, AZURE, SIMULATED -> List.of(gemini, ollama);
            case OLLAMA -> List.of(gemini);
            case GEMINI -> List.of(openAi, ollama);
            case COHERE, BEDROCK -> List.of(openAi, gemini, ollama);
            case ANTHROPIC -> List.of();
        };
    }

    /** Responses go as they are to what has them. */
    private static List<ClientDialect> clients(ProviderKind kind) {
        return kind.has(Quirk.NO_RESPONSES) ? ALL_CLIENTS : CLIENTS;
    }

    private Provider openAi(ProviderAccount account, @Nullable String version) {
        Provider provider = http(account, Access.BEARER, Paths.below("", version));
        return account.kind().knownModels().isEmpty()
                ? provider
                : new ModelsElsewhere(provider, new KnownModels(account));
    }

    /** With several credentials as many providers, so that a connection never serves two of them. */
    private Provider each(ProviderAccount account, Function<ProviderAccount, Provider> one) {
        if (account.credential() instanceof Credential.Several(List<Credential.Named> all)) {
            List<RotatingProvider.Member> members = all.stream()
                    .map(c -> new RotatingProvider.Member(c.name(), one.apply(account.holding(c.credential()))))
                    .toList();
            return new RotatingProvider(account, members, clock);
        }
        return one.apply(account);
    }

    private Provider http(ProviderAccount account, Access access, Paths paths) {
        return each(account, one -> Way.of(one, this).provider(access, paths));
    }

    private Provider azure(ProviderAccount account) {
        Way way = Way.of(account, this);
        AzurePaths paths = new AzurePaths(account);
        if (account.options().get(ProviderOptions.ENTRA_TENANT) == null) {
            return way.provider(Access.AZURE, paths);
        }
        Origin authority = Origin.of(EntraTokens.authority(account.options()));
        HttpUpstream there = HttpUpstream.of(account, authority, way.egress, network);
        EntraTokens tokens = new EntraTokens(there, account.options(), way.credential);
        return way.provider(Access.AZURE, paths, EntraLogin.start(account, tokens));
    }

    private Provider bedrock(ProviderAccount account) {
        Way way = Way.of(account, this);
        Origin origin = Origin.of(account.baseUrl());
        Login login = AwsLogin.of(account, way.credential, origin.authority(), clock);
        Origin lists = Origin.of(Regions.ofModels(account));
        HttpUpstream there = HttpUpstream.of(account, lists, way.egress, network);
        Login listing = AwsLogin.of(account, way.credential, lists.authority(), clock);
        return new ModelsElsewhere(
                way.provider(Access.BEARER, BedrockChat.paths(), login),
                new HttpProvider(
                        account, Access.BEARER, BedrockChat.models(), listing, there, way.egress.fault(), way.files));
    }

    /** What it takes to reach an account's origin. */
    private record Way(
            ProviderAccount account,
            FileWatch files,
            AccountCredential credential,
            AccountEgress egress,
            HttpUpstream upstream) {
        static Way of(ProviderAccount account, Providers all) {
            FileWatch files = FileWatch.of(account, all.secrets, all.defaults);
            AccountCredential credential = AccountCredential.resolve(account, all.secrets, all.sealer);
            AccountEgress egress = AccountEgress.resolve(account, all.secrets, all.sealer, all.defaults);
            return new Way(account, files, credential, egress, HttpUpstream.of(account, egress, all.network));
        }

        /** With the credential as it is. */
        Provider provider(Access access, Paths paths) {
            HeaderFields fields = OperatorFields.fixed(
                    account, access.credentialField(), access.credentialPrefix(), credential.secret());
            return provider(access, paths, Login.fixed(fields, credential));
        }

        Provider provider(Access access, Paths paths, Login login) {
            return new HttpProvider(account, access, paths, login, upstream, egress.fault(), files);
        }
    }

    @Override
    public void check(ProviderAccount account) {
        switch (account.kind().api()) {
            case OPENAI, AZURE, ANTHROPIC, GEMINI, OLLAMA, COHERE, BEDROCK -> baseUrls.check(account);
            case SIMULATED -> SimulatedSettings.parse(account.baseUrl());
        }
        if (account.options().get(ProviderOptions.ENTRA_AUTHORITY) != null) {
            checkAuthority(account);
        }
        for (String name : account.headers().keySet()) {
            if (OUR_OWN_FIELDS.contains(name.toLowerCase(Locale.ROOT))) {
                throw new InvalidValueException("headers", name + " is set by the gateway itself");
            }
        }
    }

    private void checkAuthority(ProviderAccount account) {
        String text = account.options().get(ProviderOptions.ENTRA_AUTHORITY, "");
        try {
            URI url = new URI(text);
            baseUrls.check(url, account.privateAllowed());
            if ("https".equalsIgnoreCase(url.getScheme()) || account.privateAllowed()) {
                return;
            }
        } catch (URISyntaxException | InvalidValueException e) {
            throw new InvalidValueException(
                    OPTIONS, ProviderOptions.ENTRA_AUTHORITY + " is no address that may be called");
        }
        throw new InvalidValueException(OPTIONS, ProviderOptions.ENTRA_AUTHORITY + " must begin with https://");
    }
}
