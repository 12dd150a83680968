package io.llmproxy.gateway;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyError.Forbidden;
import io.llmproxy.domain.error.ProxyError.InvalidRequest;
import io.llmproxy.domain.error.ProxyError.NotFound;
import io.llmproxy.domain.error.ProxyError.Unauthenticated;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.object.ObjectKind;
import org.jspecify.annotations.Nullable;

/** The gateway's refusals, so that each has one text. */
public final class Refusals {
    private Refusals() {}

    public static ProxyException invalid(String message, @Nullable String param) {
        return new ProxyException(new InvalidRequest(message, param));
    }

    public static ProxyException unauthenticated(Unauthenticated.Kind kind) {
        return new ProxyException(new Unauthenticated(kind));
    }

    public static ProxyError tenantSuspended() {
        return new Forbidden("tenant_suspended", "The tenant of this API key is suspended.");
    }

    public static ProxyException addressNotAllowed() {
        return forbidden("ip_not_allowed", "This API key may not be used from your address.");
    }

    public static ProxyException modelNotAllowed(String model) {
        return forbidden("model_not_allowed", "This API key may not use the model " + Checks.quoted(model) + ".");
    }

    public static ProxyException modelMustBeNamed() {
        return forbidden("model_not_allowed", "This API key may use certain models only; name one of them in `model`.");
    }

    public static ProxyException providerNotAllowed(String provider) {
        return forbidden(
                "provider_not_allowed", "This API key may not use the provider " + Checks.quoted(provider) + ".");
    }

    public static ProxyException cannotBeOwned(String provider) {
        return forbidden(
                "object_not_owned",
                "The provider " + Checks.quoted(provider)
                        + " is shared by several tenants, and what it stores (files, batches,"
                        + " responses, …) cannot be told apart by tenant; use a provider of your own for it.");
    }

    /** The body refers to something whose owner the gateway does not know. */
    public static ProxyException cannotBeOwned(String provider, String member) {
        return forbidden(
                "object_not_owned",
                "The provider " + Checks.quoted(provider) + " is shared by several tenants, and what "
                        + Checks.quoted(member)
                        + " refers to cannot be told apart by tenant; send it whole, or use a provider of your own.");
    }

    public static ProxyException bodyNotRead(String provider) {
        return forbidden(
                "object_not_owned",
                "The provider " + Checks.quoted(provider) + " is shared by several tenants, and a body that is neither"
                        + " JSON nor a form, or is compressed, cannot be checked for the objects that it names; send JSON"
                        + " and say so in Content-Type.");
    }

    /** The same whether the object is another tenant's or there is none. */
    public static ProxyException objectNotFound(ObjectKind kind, String id, @Nullable String param) {
        return new ProxyException(
                new NotFound("not_found", "There is no " + kind.noun() + " " + Checks.quoted(id) + ".", param));
    }

    public static ProxyException ownersUnknown() {
        return unavailable("The gateway cannot look up whose stored objects are whose at the moment; try again later.");
    }

    public static ProxyException objectNotKept(String provider, ObjectKind kind) {
        return new ProxyException(ProxyError.Upstream.unreachable("Provider " + Checks.quoted(provider) + " made a "
                + kind.noun() + " under an id that the gateway cannot keep for you."));
    }

    public static ProxyException passthroughNotAllowed() {
        return forbidden("passthrough_not_allowed", "This API key may not use /p/PROVIDER/ paths.");
    }

    public static ProxyException modelNotPriced(String model) {
        return forbidden(
                "model_not_priced",
                "No price is known for the model " + Checks.quoted(model)
                        + ", and this gateway serves priced models only; ask its operator to set one.");
    }

    public static ProxyException modelNotFound(String model) {
        return new ProxyException(new NotFound(
                "model_not_found",
                "The model " + Checks.quoted(model) + " does not exist or has no provider.",
                "model"));
    }

    public static ProxyException notFound(String message) {
        return new ProxyException(new NotFound("not_found", message, null));
    }

    public static ProxyException tooLarge(long limit) {
        return new ProxyException(new ProxyError.TooLarge(limit));
    }

    public static ProxyException tooSlow(String message) {
        return new ProxyException(new ProxyError.TooSlow(message));
    }

    public static ProxyException unavailable(String message) {
        return new ProxyException(ProxyError.Upstream.unavailable(message));
    }

    /** The tenant's private text must not reach the provider, and nobody can tell whether there is some. */
    public static ProxyException notRedactable() {
        return forbidden(
                "redaction_impossible",
                "The tenant's private text is taken out of its requests, and a body that is not JSON cannot be read for it;"
                        + " send JSON, or have an admin allow it with `tenant update --redact-strict off`.");
    }

    private static ProxyException forbidden(String code, String message) {
        return new ProxyException(new Forbidden(code, message));
    }
}
