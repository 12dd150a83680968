package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A provider that is called over HTTP: a client's {@code /v1/X} goes to the base URL, the type's prefix and {@code /X}, with the
 * account's credential where the provider's API wants it, the operator's headers in place of the client's of the same name, and
 * our {@code Via} by which a loop shows.
 */
public final class HttpProvider implements Provider {
    private static final Set<String> FRAMING =
            Set.of("connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive");

    private static final String VIA = "1.1 llmproxy";

    private final ProviderAccount account;
    private final HttpUpstream upstream;
    private final @Nullable String fault;
    private final FileWatch files;
    private final @Nullable CredentialRedactor redactor;
    private final Access access;
    private final HeaderFields added;
    private final String base;

    /** @param egressFault why the upstream cannot be reached; null: it can */
    public HttpProvider(
            ProviderAccount account,
            Access access,
            AccountCredential credential,
            HttpUpstream upstream,
            @Nullable String egressFault,
            FileWatch files) {
        this.account = account;
        this.upstream = upstream;
        this.fault = credential.fault() == null ? egressFault : credential.fault();
        this.files = files;
        Secret secret = credential.secret();
        this.redactor = secret == null ? null : new CredentialRedactor(secret);
        this.access = access;
        this.added = added(account, access, secret);
        this.base = base(account);
    }

    private static String base(ProviderAccount account) {
        String path = account.baseUrl().getRawPath();
        int end = path.length();
        while (end > 0 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    private static HeaderFields added(ProviderAccount account, Access access, @Nullable Secret secret) {
        HeaderFields fields = new HeaderFields();
        if (secret != null) {
            fields.add(access.credentialField(), access.credentialPrefix() + secret.reveal());
        }
        account.headers().forEach((name, value) -> {
            if (!FRAMING.contains(name.toLowerCase(Locale.ROOT))) {
                fields.set(name, value);
            }
        });
        return fields;
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        return fault;
    }

    @Override
    public boolean outdated() {
        return files.changed();
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        if (fault != null) {
            return new UnavailableCall(account.name(), fault);
        }
        ProviderCall call = upstream.call(request.method(), target(request), headers(request), request.body());
        return redactor == null ? call : redactor.redacting(call, request.method());
    }

    private String target(UpstreamRequest request) {
        // what Ollama has of its own lies beside what it has of OpenAI's
        boolean own = account.kind() == ProviderKind.OLLAMA && request.path().startsWith("/api/");
        String prefix = request.passthrough() || own ? "" : account.kind().prefix();
        String path = base + prefix + request.path();
        String whole = path.isEmpty() ? "/" : path;
        String query = query(request.query());
        return query == null ? whole : whole + "?" + query;
    }

    /** With the operator's API version, unless the client asks for one of its own. */
    private @Nullable String query(@Nullable String clients) {
        String version = account.apiVersion();
        if (version == null || access.versionField() != null || clients != null && clients.contains("api-version=")) {
            return clients;
        }
        String ours = "api-version=" + URLEncoder.encode(version, StandardCharsets.UTF_8);
        return clients == null ? ours : clients + "&" + ours;
    }

    private HeaderFields headers(UpstreamRequest request) {
        HeaderFields fields = new HeaderFields();
        HeaderFields clients = request.headers();
        for (int i = 0; i < clients.size(); i++) {
            if (!added.contains(clients.name(i))) {
                fields.add(clients.name(i), clients.value(i));
            }
        }
        for (int i = 0; i < added.size(); i++) {
            fields.add(added.name(i), added.value(i));
        }
        version(fields);
        boolean told = fields.first("Via").filter(hops -> hops.endsWith(VIA)).isPresent();
        return told ? fields : fields.add("Via", VIA);
    }

    /** The version of the API that the client means, else the operator's, else the one that this gateway was built for. */
    private void version(HeaderFields fields) {
        String field = access.versionField();
        if (field != null && !fields.contains(field)) {
            String version = account.apiVersion() == null ? access.defaultVersion() : account.apiVersion();
            fields.add(field, version);
        }
    }

    @Override
    public void retire() {
        upstream.retire();
    }
}
