/** Where secrets come from: references that the server reads, and values sealed under the master key. */
@NullMarked
package io.llmproxy.adapter.secret;

import org.jspecify.annotations.NullMarked;
