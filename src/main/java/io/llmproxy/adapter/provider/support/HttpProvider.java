package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamConnections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A provider that is called over HTTP: a request goes to the base URL and where the type's {@link Paths} have it, with the account's
 * {@link Login}, the operator's headers in place of the client's of the same name, and our {@code Via} by which a loop shows.
 */
public final class HttpProvider implements Provider {
    private static final String VIA = "1.1 llmproxy";

    private final ProviderAccount account;
    private final HttpUpstream upstream;
    private final @Nullable String egressFault;
    private final FileWatch files;
    private final @Nullable String versionField;
    private final String defaultVersion;
    private final Paths paths;
    private final Login login;
    private final Map<String, String> ofModel;
    private final String base;

    /**
     * @param access which of its own fields the API's version has
     * @param egressFault why the upstream cannot be reached; null: it can
     */
    public HttpProvider(
            ProviderAccount account,
            Access access,
            Paths paths,
            Login login,
            HttpUpstream upstream,
            @Nullable String egressFault,
            FileWatch files) {
        this.account = account;
        this.upstream = upstream;
        this.egressFault = egressFault;
        this.files = files;
        this.versionField = access.versionField();
        this.defaultVersion = access.defaultVersion();
        this.paths = TemplatePaths.of(account, paths);
        this.login = login;
        this.ofModel = OperatorFields.ofModel(account);
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

    @Override
    public ProviderAccount account() {
        return account;
    }

    @Override
    public @Nullable String fault() {
        Login.State state = login.now();
        return state == null || state.fault() == null ? egressFault : state.fault();
    }

    @Override
    public UpstreamConnections connections() {
        return upstream.connections();
    }

    @Override
    public boolean outdated() {
        return files.changed();
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        Login.State state = login.now();
        return state == null ? new WaitingCall(() -> call(request, login.await())) : call(request, state);
    }

    private ProviderCall call(UpstreamRequest request, Login.State state) {
        String fault = state.fault() == null ? egressFault : state.fault();
        if (fault != null) {
            return new UnavailableCall(account.name(), fault);
        }
        String target = target(request);
        HeaderFields fields = headers(request, state.fields());
        RequestBody body = request.body();
        RequestBody.Coded coded = body.coded();
        if (coded != null) {
            body = coded.body();
            fields.set("Content-Encoding", coded.coding());
        }
        login.sign(request.method(), target, fields, body);
        ProviderCall call = upstream.call(request.tenant(), request.method(), target, fields, body);
        CredentialRedactor redactor = state.redactor();
        return redactor == null ? call : redactor.redacting(call, request.method());
    }

    private String target(UpstreamRequest request) {
        String whole = base + paths.target(request);
        return whole.isEmpty() ? "/" : whole.charAt(0) == '?' ? "/" + whole : whole;
    }

    private HeaderFields headers(UpstreamRequest request, HeaderFields added) {
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
        if (!ofModel.isEmpty()) {
            ofModel.forEach((name, template) -> fields.set(name, OperatorFields.filled(template, request.model())));
        }
        version(fields);
        boolean told = fields.first("Via").filter(hops -> hops.endsWith(VIA)).isPresent();
        return told ? fields : fields.add("Via", VIA);
    }

    /** The version of the API that the client means, else the operator's, else the one that this gateway was built for. */
    private void version(HeaderFields fields) {
        String field = versionField;
        if (field != null && !fields.contains(field)) {
            String version = account.apiVersion() == null ? defaultVersion : account.apiVersion();
            fields.add(field, version);
        }
    }

    @Override
    public void retire() {
        login.retire();
        upstream.retire();
    }
}
