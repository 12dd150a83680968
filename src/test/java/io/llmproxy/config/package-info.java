/** Tests of the configuration. */
@NullMarked
package io.llmproxy.config;

import org.jspecify.annotations.NullMarked;
