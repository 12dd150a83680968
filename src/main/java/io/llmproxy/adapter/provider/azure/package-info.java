/** Azure OpenAI: OpenAI's format at paths of its own, with keys or tokens of Entra ID. */
@NullMarked
package io.llmproxy.adapter.provider.azure;

import org.jspecify.annotations.NullMarked;
