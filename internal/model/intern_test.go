package model

import (
	"encoding/binary"
	"reflect"
	"slices"
	"time"
)

// id stands for a value that was given a number: worlds then are small, and two are the same
// exactly where all of their values are. 0 stands for none.
type id uint32

// table numbers values that can be compared.
type table[V comparable] struct {
	ids map[V]id
	all []V
}

func (t *table[V]) id(v V) id {
	n, known := t.ids[v]
	if !known {
		if t.ids == nil {
			t.ids, t.all = map[V]id{}, make([]V, 1)
		}
		n = id(len(t.all))
		t.ids[v], t.all = n, append(t.all, v)
	}
	return n
}

// of is the value of a number.
func (t *table[V]) of(n id) (v V) {
	if n == 0 {
		return v
	}
	return t.all[n]
}

// store numbers values that cannot be compared, by everything that is in them.
type store[V any] struct {
	ids map[string]id
	all []V
}

func (s *store[V]) id(key string, v V) id {
	n, known := s.ids[key]
	if !known {
		if s.ids == nil {
			s.ids, s.all = map[string]id{}, make([]V, 1)
		}
		n = id(len(s.all))
		s.ids[key], s.all = n, append(s.all, v)
	}
	return n
}

func (s *store[V]) of(n id) (v V) {
	if n == 0 {
		return v
	}
	return s.all[n]
}

// answers remember what pure functions answered.
type answers[K comparable, V any] map[K]V

func (m *answers[K, V]) get(k K, compute func() V) V {
	v, known := (*m)[k]
	if !known {
		if *m == nil {
			*m = answers[K, V]{}
		}
		v = compute()
		(*m)[k] = v
	}
	return v
}

// keyOf writes down everything that is in a value, whatever it is made of: what a key leaves out
// makes one world of two that go on differently.
func keyOf(values ...any) string {
	var b []byte
	for _, v := range values {
		b = deep(b, reflect.ValueOf(v))
	}
	return string(b)
}

var timeType = reflect.TypeFor[time.Time]()

func deep(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Invalid:
		return append(b, 0)
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return deep(append(b, 1), v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return append(b, 0)
		}
		return deep(append(append(b, 1), v.Elem().Type().String()...), v.Elem())
	case reflect.Slice, reflect.Array:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for i := range v.Len() {
			b = deep(b, v.Index(i))
		}
		return b
	case reflect.Map:
		return deepMap(b, v)
	case reflect.Struct:
		return deepStruct(b, v)
	}
	panic("no key for " + v.Type().String())
}

func deepMap(b []byte, v reflect.Value) []byte {
	entries := make([]string, 0, v.Len())
	for each := v.MapRange(); each.Next(); {
		entries = append(entries, string(deep(deep(nil, each.Key()), each.Value())))
	}
	slices.Sort(entries)
	b = binary.AppendUvarint(b, uint64(len(entries)))
	for _, entry := range entries {
		b = append(b, entry...)
	}
	return b
}

func deepStruct(b []byte, v reflect.Value) []byte {
	switch {
	case v.Type().PkgPath() == "sync":
		return b // a lock that nobody holds
	case v.Type() == timeType:
		// Not the zone: all times are of one.
		return binary.AppendVarint(binary.AppendUvarint(b, v.Field(0).Uint()), v.Field(1).Int())
	}
	for i := range v.NumField() {
		b = deep(b, v.Field(i))
	}
	return b
}
