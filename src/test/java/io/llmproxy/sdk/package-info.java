/** The official OpenAI clients, straight to a provider and through the gateway, with their observations compared. */
@NullMarked
package io.llmproxy.sdk;

import org.jspecify.annotations.NullMarked;
