package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence"
	"go.temporal.io/server/common/persistence/serialization"
	persistencesql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
)

// searchAttributes maps names of search attributes to their types.
type searchAttributes map[string]enumspb.IndexedValueType

// columns maps the columns in which a database keeps search attributes to their types. A
// namespace maps some of them to names.
var columns = sadefs.GetDBIndexSearchAttributes(nil).GetCustomSearchAttributes()

// assign assigns a column to each attribute that lacks one, and reports whether any did.
func (attributes searchAttributes) assign(names map[string]string) (changed bool, err error) {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		valueType := attributes[name]
		if column, ok := columnOf(names, name); ok {
			if before := columns[column]; before != valueType {
				return false, fmt.Errorf("--search-attribute %s=%s: already exists in the database as %s", name, valueType, before)
			}
			continue
		}
		column, ok := freeColumn(names, valueType)
		if !ok {
			return false, fmt.Errorf("--search-attribute %s=%s: the database has no room for more of this type", name, valueType)
		}
		names[column], changed = name, true
	}
	return changed, nil
}

func columnOf(names map[string]string, name string) (column string, ok bool) {
	for column, taken := range names {
		if taken == name {
			return column, true
		}
	}
	return "", false
}

func freeColumn(names map[string]string, valueType enumspb.IndexedValueType) (column string, ok bool) {
	for _, column := range slices.Sorted(maps.Keys(columns)) {
		if _, taken := names[column]; columns[column] == valueType && !taken {
			return column, true
		}
	}
	return "", false
}

// addTo adds the attributes that a namespace lacks. It works on the database before the server
// starts, so the attributes exist from the beginning.
func (attributes searchAttributes) addTo(conf *config.SQL, namespaces []string) error {
	if len(attributes) == 0 {
		return nil
	}
	db, err := persistencesql.NewSQLDB(sqlplugin.DbKindUnknown, conf, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, name := range namespaces {
		if err := attributes.addToOne(db, name); err != nil {
			return fmt.Errorf("namespace %s: %w", name, err)
		}
	}
	return nil
}

func (attributes searchAttributes) addToOne(db sqlplugin.DB, namespace string) error {
	ctx := context.Background()
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &namespace})
	if err != nil {
		return err
	}
	row, serializer := rows[0], serialization.NewSerializer()
	detail, err := serializer.NamespaceDetailFromBlob(persistence.NewDataBlob(row.Data, row.DataEncoding))
	if err != nil {
		return err
	}
	if detail.Config.CustomSearchAttributeAliases == nil {
		detail.Config.CustomSearchAttributeAliases = make(map[string]string)
	}
	changed, err := attributes.assign(detail.Config.CustomSearchAttributeAliases)
	if err != nil || !changed {
		return err
	}
	blob, err := serializer.NamespaceDetailToBlob(detail)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.GetData(), blob.GetEncodingType().String()
	_, err = db.UpdateNamespace(ctx, &row)
	return err
}
