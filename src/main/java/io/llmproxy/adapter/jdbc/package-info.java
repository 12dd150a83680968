/** The stores in a relational database: embedded H2 or PostgreSQL, by the same SQL, through one small pool. */
@NullMarked
package io.llmproxy.adapter.jdbc;

import org.jspecify.annotations.NullMarked;
