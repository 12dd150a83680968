/** llmproxy: a transparent, multi-tenant proxy for large language models. */
@NullMarked
package io.llmproxy;

import org.jspecify.annotations.NullMarked;
